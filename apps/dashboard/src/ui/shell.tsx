// What is around every view: the head with the connection, the ways to the views, notices.
import type { ComponentChildren } from "preact";
import { connection, retryNow, triesAgainAt } from "../api/stream.ts";
import { role } from "../api/session.ts";
import { now } from "../state/clock.ts";
import { dismiss, notices } from "../state/notices.ts";
import { go, linkTo, route, type View } from "../state/route.ts";
import { nextTheme, theme } from "../state/settings.ts";
import { counts, daemon } from "../state/stack.ts";
import { ConfirmDialog } from "./dialog.tsx";
import { Glyph, type GlyphName } from "./glyph.tsx";
import { Help, helpOpen } from "./help.tsx";
import { Jump, openJump } from "./jump.tsx";
import { useKeys } from "./keys.ts";
import { DaemonUptime } from "./tick.tsx";

const views: { view: View; text: string; glyph: GlyphName }[] = [
  { view: "overview", text: "Overview", glyph: "overview" },
  { view: "logs", text: "Logs", glyph: "logs" },
  { view: "graph", text: "Graph", glyph: "graph" },
  { view: "events", text: "Events", glyph: "events" },
  { view: "plan", text: "Plan", glyph: "plan" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const to = (view: View) => (): void => go(linkTo(view));
  useKeys({
    "?": () => (helpOpen.value = true), "Ctrl+k": openJump, t: nextTheme,
    "g o": to("overview"), "g l": to("logs"), "g g": to("graph"), "g e": to("events"), "g p": to("plan"),
  });
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); focusMain(); }}>To the content</a>
      <Head />
      <Ways />
      <Away />
      {children}
      <Notices />
      <ConfirmDialog />
      <Jump />
      <Help />
    </>
  );
}

function focusMain(): void {
  const main = document.querySelector<HTMLElement>("#main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

function Head() {
  const is = daemon.value;
  return (
    <header class="head">
      <a class="brand" href={linkTo("overview")} aria-label="Aurora, overview"><Mark /><span>Aurora</span></a>
      {is && <span class="stack" title={is.config}>{is.name}</span>}
      <Link />
      <span class="spring" />
      {role.value === "read" && <span class="chip read" title="This session may look, and not change anything">read only</span>}
      <button class="quiet" onClick={openJump} aria-label="Ctrl K: jump to a service or a view"><Glyph name="search" /><kbd>Ctrl K</kbd></button>
      <button class="quiet" onClick={nextTheme} aria-label={`Theme: ${theme.value}, change it`} title={`Theme: ${theme.value} (t)`}><Glyph name="theme" /><span class="theme-name">{theme.value}</span></button>
      <button class="quiet" onClick={() => (helpOpen.value = true)} aria-label="Keys (?)" title="Keys (?)"><Glyph name="help" /></button>
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="one" d="M4 21c4-14 9-14 12 0s8 3 12-13" />
      <path class="two" d="M4 26c5-8 10-8 13-2s7 2 11-7" />
    </svg>
  );
}

/** Whether what is shown is so now. */
function Link() {
  const is = daemon.value;
  const live = connection.value === "live";
  return (
    <span class={`link ${live ? "live" : "away"}`} role="status">
      <i aria-hidden="true" />{live ? <span>live<span class="since">, up <DaemonUptime /></span></span> : connection.value === "connecting" ? "connecting" : "reconnecting"}
      {is && <span class="hidden"> to Aurora {is.version}</span>}
    </span>
  );
}

/** The daemon is away: the page stays as it was, and says so. */
function Away() {
  if (connection.value !== "reconnecting") return null;
  const at = triesAgainAt.value;
  const left = at === null ? 0 : Math.max(0, Math.ceil((at - now.value) / 1000));
  return (
    <div class="away-bar" role="alert">
      <Glyph name="restart" />
      <span><b>Reconnecting</b> to the daemon. What is shown is from before; your services do not need the daemon to run on.</span>
      <button onClick={retryNow}>{left > 1 ? `Now (else in ${left} s)` : "Now"}</button>
    </div>
  );
}

function Ways() {
  const here = route.value.view;
  const { trouble } = counts.value;
  return (
    <nav class="ways" aria-label="Views">
      {views.map(({ view, text, glyph }) => (
        <a key={view} href={linkTo(view)} aria-current={here === view || (view === "overview" && here === "service") ? "page" : undefined}>
          <Glyph name={glyph} /><span>{text}</span>
          {view === "overview" && trouble > 0 && <span class="dot" aria-label={`${trouble} need attention`} role="img">{trouble}</span>}
        </a>
      ))}
    </nav>
  );
}

function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((each) => (
        <div key={each.id} class={`notice ${each.bad ? "bad" : "good"}`}>
          <Glyph name={each.bad ? "unhealthy" : "completed"} />
          <p>{each.text} {each.link && <a href={each.link.to}>{each.link.text}</a>}</p>
          <button class="quiet" aria-label="Close this notice" onClick={() => dismiss(each.id)}><Glyph name="close" /></button>
        </div>
      ))}
    </div>
  );
}
