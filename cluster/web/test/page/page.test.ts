import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Mock } from "./mock";
import { button, closeBrowser, dist, fits, giveToken, goTo, leave, openBrowser, page, shoot, shows, tab, visit } from "./visit";

// Clicks through every page against a server that answers as a JobManager does.

let mock: Mock;
let base: string;

beforeAll(openBrowser);
afterAll(closeBrowser);

beforeEach(async () => {
  mock = new Mock({ dist });
  base = await mock.start();
  await visit(base);
});

afterEach(async () => {
  await leave();
  await mock.stop();
});

test("the overview tells slots, running jobs with their records a second, and ended ones", async () => {
  await goTo("");
  await shows("4", "of 8 in use", "revenue per customer", "nightly backfill of orders", "Failed");
  await page.getByText(/^4\d\.\dk\/s$/).first().waitFor();
  await shoot("overview");
});

test("a job's graph shows load, records a second and watermarks, and opens a task's subtasks", async () => {
  await goTo("");
  await page.getByText("revenue per customer").click();
  const node = page.locator(".svelte-flow__node", { hasText: "Enrich with the rate" });
  await node.getByText(/busy 9\d%/).waitFor();
  await node.getByText(/behind/).waitFor();
  expect(await page.locator(".svelte-flow__node").count()).toBe(6);
  expect(await page.locator(".svelte-flow__edge").count()).toBe(5);
  await page.locator(".svelte-flow__edge-label, .svelte-flow__edgelabel-renderer").getByText("broadcast").waitFor();
  await shoot("job");
  await node.click();
  const panel = page.getByRole("complementary");
  await panel.getByText("attempt 3").first().waitFor();
  await panel.getByText("1,204").waitFor();
  expect(await panel.locator("tbody tr").count()).toBe(4);
  await shoot("task", "window");
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
});

test("the arrow keys go from task to task and from tab to tab", async () => {
  await goTo(`#/jobs/${mock.job}`);
  const first = page.getByRole("link", { name: "Source: orders -> Parse -> Timestamps", exact: true });
  await first.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary").getByText("Parse").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("complementary", { name: "Task Source: rates" }).waitFor();
  await page.keyboard.press("Escape");
  await tab("Graph").focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("History").waitFor();
  expect(await tab("Checkpoints").evaluate((element) => element === document.activeElement)).toBe(true);
});

test("checkpoints tell sizes, durations and why one failed", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await tab("Checkpoints").click();
  await shows("Last completed", "Duration", "History");
  await page.locator("tr", { hasText: "Failed" }).first().click();
  await shows("no space left on device");
  await page.locator("tr", { hasText: "Completed" }).first().click();
  await page.locator("tr.detail", { hasText: "Tumbling window 10 s -> Sum of amounts" }).waitFor();
  await shoot("checkpoints");
});

test("a job without checkpoints says what that means", async () => {
  await mock.stop();
  mock = new Mock({ dist, forgetful: true });
  await mock.start(Number(new URL(base).port));
  await goTo(`#/jobs/${mock.job}/checkpoints`);
  await shows("This job takes no checkpoints", "--weir.checkpoint-dir=DIR");
});

test("exceptions and configuration", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await tab("Exceptions").click();
  await shows("reading orders: broker 10.0.0.7:9092 closed the connection", "Source: orders (2/2)");
  await shoot("exceptions");
  await tab("Configuration").click();
  await shows("weir.checkpoint-interval", "exponential delay, 1 s to 60 s");
  await shoot("configuration");
});

test("cancelling asks for the token once, and a wrong one changes nothing", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Cancel").click();
  await button("Cancel the job").click();
  await giveToken("wrong");
  await shows("That is not the token of this cluster.");
  expect(mock.changes).toEqual([]);
  await shoot("token", "window");
  await giveToken(mock.token);
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  expect(mock.changes).toEqual([`PATCH /jobs/${mock.job}?mode=cancel`]);
  expect(await button("Cancel").isDisabled()).toBe(true);
  await goTo("#/submit");
  await page.reload();
  await button("Delete orders").click();
  await page.getByText("None yet").waitFor();
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /token/.test(key)))).toEqual([]);
});

test("escape leaves the question for the token, and nothing changes", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Cancel").click();
  await button("Cancel the job").click();
  await page.getByLabel("Token", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Token", { exact: true }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await button("Cancel the job").waitFor({ state: "detached" });
  expect(mock.changes).toEqual([]);
});

test("stopping with a savepoint tells where the savepoint is", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await button("Stop with savepoint").click();
  await page.getByLabel("Directory").fill("/var/lib/weir/savepoints");
  await shoot("stop", "window");
  await button("Stop the job").click();
  await giveToken(mock.token);
  await shows("/var/lib/weir/savepoints/savepoint-beef-1", "Finished");
  expect(mock.changes).toEqual([`POST /jobs/${mock.job}/stop`]);
});

test("task managers, their files, log and stdout", async () => {
  await goTo("");
  await page.getByRole("navigation").getByText("Task managers").click();
  await shows("taskmanager-1-build7", "4 of 4");
  await shoot("taskmanagers");
  await page.getByText("taskmanager-0-build7").click();
  await shows("1.2 GiB of 30.7 GiB", "revenue per customer");
  await page.getByText("weir-root-taskmanager-0-build7.log").click();
  await shows("checkpoint 2599: 14 of 14 subtasks acknowledged", /the \d+ KiB before are in the download/);
  await tab("Log").click();
  await shows("the 600 lines before are in the download");
  await page.getByPlaceholder("Find lines").fill("SIGSEGV");
  await page.getByText("5 lines", { exact: true }).waitFor();
  await shoot("log");
  await tab("Stdout").click();
  await shows("(weir,3)");
});

test("the job manager's configuration and log", async () => {
  await goTo("#/jobmanager");
  await page.getByLabel("Find in Configuration").fill("heartbeat");
  expect(await page.locator("tbody tr").count()).toBe(2);
  await shoot("jobmanager");
  await tab("Log").click();
  await shows("checkpoint 2599");
});

test("a program is uploaded and run", async () => {
  await goTo("#/submit");
  await page.locator("input[type=file]").setInputFiles({ name: "top_ten", mimeType: "application/octet-stream", buffer: Buffer.from("ELF") });
  await giveToken("wrong");
  await shows("That is not the token of this cluster.");
  await giveToken(mock.token);
  const row = page.locator("tr", { hasText: "top_ten" });
  await row.waitFor();
  await shoot("submit");
  await row.getByText("Run").click();
  await page.getByLabel("Arguments").fill("--port 9999 --name 'two words'");
  await shoot("run", "window");
  await page.getByRole("dialog").getByRole("button", { name: "Run" }).click();
  await page.locator(".svelte-flow__node").first().waitFor();
  expect(JSON.parse(mock.lastBody)).toEqual({ programArgsList: ["--port", "9999", "--name", "two words"] });
});

test("a lost server is told, and the page goes on when it is back", async () => {
  await goTo(`#/jobs/${mock.job}`);
  await page.getByText(/busy 9\d%/).first().waitFor();
  await mock.stop();
  await shows("The server does not answer.", "Disconnected");
  await page.locator(".svelte-flow__node").first().waitFor();
  await shoot("disconnected", "window");
  mock = new Mock({ dist });
  await mock.start(Number(new URL(base).port));
  await shows("Live");
});

test("nothing runs, nobody has come, and what does not exist is told", async () => {
  await mock.stop();
  mock = new Mock({ dist, empty: true });
  await mock.start(Number(new URL(base).port));
  await goTo("");
  await shows("No job is running");
  await shoot("empty");
  await goTo("#/taskmanagers");
  await shows("No task manager has come yet");
  await goTo("#/jobs/00000000000000000000000000000bad");
  await shows("There is no job 00000000000000000000000000000bad");
  await goTo("#/elsewhere");
  await shows("There is no page “elsewhere”");
});

test("a job that failed says on top what it was, and can no longer be changed", async () => {
  await mock.stop();
  mock = new Mock({ dist, failed: true });
  await mock.start(Number(new URL(base).port));
  await goTo(`#/jobs/${mock.job}`);
  const alert = page.getByRole("alert");
  await alert.getByText("reading orders: broker 10.0.0.7:9092 closed the connection after 3 of 812 bytes").waitFor();
  expect(await button("Stop with savepoint").isDisabled()).toBe(true);
  await page.locator(".svelte-flow__node").first().waitFor();
  await shoot("failed");
  await alert.getByRole("link").click();
  await shows("tried 5 times over 31 s");
});

test("the colours follow the system until one is chosen, which stays", async () => {
  await visit(base, { colors: "dark" });
  await goTo("");
  const theme = (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset.theme);
  await shows("Running jobs");
  expect(await theme()).toBe("dark");
  await button("Colours: as the system").click();
  expect(await theme()).toBe("light");
  await page.reload();
  await shows("Running jobs");
  expect(await theme()).toBe("light");
});

test("every page fits a phone, in the dark as well", async () => {
  await visit(base, { width: 390, height: 844, colors: "dark" });
  const job = `#/jobs/${mock.job}`;
  const pages: Record<string, [string, string]> = {
    overview: ["", "Ended jobs"],
    job: [job, "Event time behind the clock"],
    task: [`${job}/graph/${mock.vertex}`, "attempt 3"],
    checkpoints: [`${job}/checkpoints`, "History"],
    exceptions: [`${job}/exceptions`, "SIGSEGV"],
    configuration: [`${job}/configuration`, "weir.state"],
    taskmanagers: ["#/taskmanagers", "taskmanager-1-build7"],
    log: ["#/taskmanagers/taskmanager-0-build7/log", "checkpoint 2599"],
    jobmanager: ["#/jobmanager", "heartbeat.interval"],
    submit: ["#/submit", "Uploaded programs"],
  };
  for (const [name, [where, what]] of Object.entries(pages)) {
    await goTo(where);
    await shows(what);
    await fits();
    await shoot(`phone-dark-${name}`, name === "task" ? "window" : "whole");
  }
});
