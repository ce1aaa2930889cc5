import { defineConfig } from "vitest/config";

// The page in a browser: `npm run build` comes first.
export default defineConfig({
  test: { include: ["test/page/**/*.test.ts"], testTimeout: 240_000, hookTimeout: 120_000, fileParallelism: false },
});
