import { defineConfig } from "vitest/config";

// Wide, because a slow machine is no defect: nothing here waits for them to pass.
const shared = { environment: "node", testTimeout: 120_000, hookTimeout: 240_000 } as const;

export default defineConfig({
  test: {
    reporters: ["default"],
    // End-to-end tests wait more than they work: three files at once fill two cores.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts"],
        },
      },
      {
        test: {
          ...shared,
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/fixtures/redis-setup.ts"],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/fixtures/redis-setup.ts"],
          testTimeout: 480_000,
        },
      },
      {
        test: {
          ...shared,
          name: "long",
          include: ["test/long/**/*.test.ts"],
          globalSetup: ["test/fixtures/redis-setup.ts"],
          testTimeout: 3_600_000,
        },
      },
    ],
  },
});
