export { type Ledger, openLedger } from "./ledger.ts";
export { diskStore, type ObjectStore } from "./object-store.ts";
export { diskLanding, type Landing } from "./part-writer.ts";
