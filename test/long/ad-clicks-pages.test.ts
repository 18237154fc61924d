import { describeAdClicks } from "../e2e/support/ad-clicks.ts";

// Half a million users: test/long/ad-clicks.test.ts.
describeAdClicks(40_000);
