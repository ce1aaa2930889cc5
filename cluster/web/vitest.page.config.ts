import { defineConfig } from "vitest/config";

// The page in a browser: `npm run build` comes first.
export default defineConfig({
  test: { include: ["test/page/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
});
