/** Words: how values, moments and names of the API are told to people. */

export const HEALTH = {
  ON_TRACK: { sign: "●", word: "On track" },
  AT_RISK: { sign: "▲", word: "At risk" },
  OFF_TRACK: { sign: "■", word: "Off track" },
  STALE: { sign: "◷", word: "Stale" },
  NO_DATA: { sign: "○", word: "No data" },
};
export const LEVEL = { COMPANY: "Company", DEPARTMENT: "Department", TEAM: "Team", INDIVIDUAL: "Individual" };
export const LINK = {
  CONTAINS: { word: "contains", told: "key result of its objective" },
  DELEGATES: { word: "delegates", told: "the key result became this objective" },
  SUPPORTS: { word: "supports", told: "contributes to the key result" },
  ALIGNS: { word: "aligns", told: "serves the objective" },
};
export const KIND = {
  ADDED: { sign: "+", word: "Added" },
  REMOVED: { sign: "−", word: "Removed" },
  MOVED: { sign: "⇄", word: "Moved" },
  CHANGED: { sign: "≠", word: "Changed" },
};
export const SOURCE = { NONE: "no data", MEASURED: "its own check-ins", DELEGATE: "the delegate", SUPPORTERS: "supporters" };
export const APPROACH = {
  TIGHT: "Key results that became objectives, and what supports them",
  LOOSE: "Objectives that say which objective they serve",
  MIXED: "All links",
};

/** A share of 1 as people say it. */
export const percent = (value) => (value === null || value === undefined ? "–" : `${Math.round(Number(value) * 100)} %`);

/** A decimal of the API, which is a text, with its unit. */
export function amount(value, unit) {
  if (value === null || value === undefined) return "–";
  const text = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 6 }).format(value);
  return unit ? `${text} ${unit}` : text;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
export const day = (time) => DAY.format(new Date(time));
export const moment = (time) => MOMENT.format(new Date(time));

/** KRDelegated -> "KR delegated", recordCheckIn -> "Record check-in". */
export function spaced(given) {
  const name = given[0].toUpperCase() + given.slice(1);
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/^(KR)([A-Z])/, "$1 $2").split(" ");
  return words.map((word, at) => (at && word !== "KR" ? word.toLowerCase() : word)).join(" ").replace(/check in/i, (said) => `${said.slice(0, 5)}-in`);
}

export const titleOf = (item) => item.title ?? "Hidden from you";
export const ownerOf = (item) => item.owner ?? item.accountable ?? null;
export const isObjective = (item) => item.__typename === "Objective";
export const actorOf = (actor) => actor?.name ?? "erased person";

/** What a metric asks for, in a line. */
export function metricOf({ kind, start, target, limit, inclusive, unit }) {
  const at = (value) => amount(value, unit);
  switch (kind) {
    case "MILESTONE": return "done or not";
    case "MAINTAIN_AT_LEAST": return `stay ${inclusive ? "at or " : ""}above ${at(target)}${limit ? `, never below ${at(limit)}` : ""}`;
    case "MAINTAIN_AT_MOST": return `stay ${inclusive ? "at or " : ""}below ${at(target)}${limit ? `, never above ${at(limit)}` : ""}`;
    default: return `from ${at(start)} to ${at(target)}`;
  }
}

/** A whole number, then one or many of something. */
export const grouped = (number) => new Intl.NumberFormat("en-GB").format(number);
export const count = (number, one, many = `${one}s`) => `${grouped(number)} ${number === 1 ? one : many}`;
