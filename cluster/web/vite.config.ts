import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// REST: where `npm run dev` finds a running JobManager or embedded job.
const rest = process.env.REST ?? "http://localhost:8081";
const routes = ["/overview", "/config", "/jobs", "/taskmanagers", "/jobmanager", "/jars"];

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  // Nothing is inlined, so that the page needs no exception in its content security policy.
  build: { target: "es2022", assetsInlineLimit: 0, license: { fileName: "licenses.md" }, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 250 },
  server: { proxy: Object.fromEntries(routes.map((route) => [route, rest])) },
  test: { include: ["test/unit/**/*.test.ts"] },
});
