// What a browser can be made to do by pages that are not ours: another port of this machine, and a name
// that was bound to it anew.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { eventually, newHome } from "./support/daemon.mjs";
import { Stage } from "./support/stage.mjs";

let stage, stranger, elsewhere;
before(async () => {
  stage = await Stage.open({
    home: newHome(),
    config: { name: "gate", services: { web: { command: ["sleep", "10000"] } } },
    browser: ["--host-resolver-rules=MAP evil.example 127.0.0.1"],
  });
  await stage.daemon.until("web", (is) => is.state === "running", "runs");
  stranger = createServer((request, answer) => answer.setHeader("Content-Type", "text/html").end("<!doctype html><title>a stranger</title>"));
  await new Promise((done) => stranger.listen(0, "127.0.0.1", done));
  elsewhere = `http://127.0.0.1:${stranger.address().port}/`;
});
after(async () => {
  await stage?.close();
  stranger?.close();
});

async function pageAt(address) {
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** Runs `act`, which is not to have touched the service. */
async function harmless(act) {
  const { pid } = await stage.daemon.service("web");
  const sequence = await lastEvent();
  await act();
  assert.equal((await stage.daemon.service("web")).pid, pid);
  assert.equal(await lastEvent(), sequence, "something happened");
}

const lastEvent = async () => (await stage.daemon.api("GET", "/api/v1/events?last=1")).body.events.at(-1)?.sequence;

test("a page of another port changes nothing, by fetch or by form, with the token or without", () =>
  harmless(async () => {
    const token = await sessionToken();
    const page = await pageAt(elsewhere);
    const stop = `${stage.origin}/api/v1/services/web/stop`;
    // Sent without being asked for first, and not even its length is told to the page.
    const simple = await page.evaluate((to) => fetch(to, { method: "POST", mode: "no-cors", body: "{}" }).then((is) => is.type, (fault) => fault.name), stop);
    assert.equal(simple, "TypeError");
    for (const headers of [{ "Content-Type": "application/json" }, { "Content-Type": "application/json", Authorization: `Bearer ${token}` }]) {
      const told = await page.evaluate(([to, how]) => fetch(to, { method: "POST", headers: how, body: "{}" }).then(() => "read", (fault) => fault.name), [stop, headers]);
      assert.equal(told, "TypeError");
    }
    await page.evaluate((to) => {
      document.body.innerHTML = `<form method="post" enctype="text/plain" action="${to}"><input name='{"a":"' value='"}'></form>`;
      document.forms[0].submit();
    }, stop);
    await page.waitForURL(stop);
    assert.match(await page.locator("body").innerText(), /"status":\s*403/);
    await page.context().close();
  }));

test("a page of another port reads nothing, and shows none of ours in a frame", async () => {
  const token = await sessionToken();
  const page = await pageAt(elsewhere);
  for (const headers of [{}, { Authorization: `Bearer ${token}` }]) {
    for (const path of ["/", "/healthz", "/api/v1/status", "/metrics"]) {
      const told = await page.evaluate(([to, how]) => fetch(to, { headers: how }).then(() => "read", (fault) => fault.name), [stage.origin + path, headers]);
      assert.equal(told, "TypeError", path);
    }
  }
  await page.evaluate((to) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.src = to;
  }, `${stage.origin}/`);
  await eventually(() => page.frames()[1]?.url().startsWith("chrome-error:"), "the browser refuses to show it");
  await page.context().close();
});

test("a WebSocket of another origin is not opened", async () => {
  const token = await sessionToken();
  const page = await pageAt(elsewhere);
  const told = await page.evaluate(([to, bearer]) => new Promise((done) => {
    const socket = new WebSocket(to);
    socket.onopen = () => socket.send(JSON.stringify({ authenticate: { token: bearer } }));
    socket.onmessage = () => done("heard");
    socket.onclose = (event) => done(`closed ${event.code}`);
  }), [`${stage.origin.replace("http", "ws")}/api/v1/stream`, token]);
  assert.equal(told, "closed 1006");
  await page.context().close();
});

test("a WebSocket that signs in with a wrong token is closed with 4401", async () => {
  const page = await stage.page();
  const told = await page.evaluate((to) => new Promise((done) => {
    const socket = new WebSocket(to);
    socket.onopen = () => socket.send(JSON.stringify({ authenticate: { token: "of-nobody" } }));
    socket.onmessage = (event) => done(event.data);
    socket.onclose = (event) => done(event.code);
  }), `${stage.origin.replace("http", "ws")}/api/v1/stream`);
  assert.equal(told, 4401);
  await page.context().close();
});

test("a name that was bound to this machine anew gets neither page nor data", () =>
  harmless(async () => {
    const token = await sessionToken();
    const named = stage.origin.replace("127.0.0.1", "evil.example");
    const page = await pageAt(named);
    assert.match(await page.locator("body").innerText(), /"status":\s*421/);
    const asked = (path, how) => page.evaluate(([to, what]) => fetch(to, what).then((is) => is.status), [path, how]);
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    assert.equal(await asked("/api/v1/status", { headers }), 421);
    assert.equal(await asked("/api/v1/services/web/stop", { method: "POST", headers, body: "{}" }), 421);
    assert.equal(await asked("/metrics", { headers }), 421);
    await page.context().close();
  }));

/** The token of a session, as a page gets it. */
async function sessionToken() {
  const page = await stage.page();
  const token = await page.evaluate(() => sessionStorage.getItem("aurora.token"));
  await page.context().close();
  assert.ok(token);
  return token;
}
