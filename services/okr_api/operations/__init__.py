"""Operations: how a process tells whoever runs it how it is doing."""
