/** How lists of contacts that cannot be written to any more are read. Their days are UTC. */
export const CONTACT_PAGES = {
  paging: { style: "offset", limit: 500 },
  window: { maxDays: 30, as: "dates" },
  lookbackDays: 3,
} as const;
