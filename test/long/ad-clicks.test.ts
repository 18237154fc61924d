import { describeAdClicks } from "../e2e/support/ad-clicks.ts";

describeAdClicks(500_000);
