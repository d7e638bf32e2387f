"""The rules of OKRs: what happened (events), who decides (one page per aggregate), and pure arithmetic."""
