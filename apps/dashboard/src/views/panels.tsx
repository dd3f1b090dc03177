// The parts of a service page that the daemon is asked for. One that it cannot tell stays away.
import { useEffect } from "preact/hooks";
import { ofService } from "../api/http.ts";
import type { Configuration, Json, Process } from "../api/shapes.ts";
import { probesOf, watchProbes } from "../state/probes.ts";
import { loadUsage, samplesOf } from "../state/usage.ts";
import type { Live } from "../state/stack.ts";
import { bytes, latency, moment, percent, span } from "../text/formats.ts";
import { Chart } from "../ui/chart.tsx";
import { useFetched } from "../ui/fetched.ts";
import { Glyph } from "../ui/glyph.tsx";

export function UsagePanel({ name }: { name: string }) {
  useEffect(() => void loadUsage(name), [name]);
  const { at, cpu, memory } = samplesOf(name).value;
  if (at.length < 2) return null;
  const seconds = at.map((each) => each / 1000);
  return (
    <section class="panel" aria-label="CPU and memory">
      <h2>CPU and memory</h2>
      <div class="charts">
        <Chart key={`cpu ${name}`} title="CPU, of one core" lines={[{ label: "CPU", colour: "--cyan" }]} data={[seconds, cpu]} write={percent} windowSeconds={900} />
        <Chart key={`memory ${name}`} title="Memory" lines={[{ label: "memory", colour: "--magenta" }]} data={[seconds, memory]} write={bytes} windowSeconds={900} />
      </div>
    </section>
  );
}

export function ProbesPanel({ name }: { name: string }) {
  useEffect(() => watchProbes(name), [name]);
  const probes = probesOf(name).value;
  if (probes.length === 0) return null;
  const seconds = probes.map((each) => Date.parse(each.at) / 1000);
  const good = probes.map((each) => (each.healthy ? each.took_seconds : null));
  const bad = probes.map((each) => (each.healthy ? null : each.took_seconds));
  const window = Math.max(60, (seconds.at(-1) ?? 0) - (seconds[0] ?? 0));
  return (
    <section class="panel" aria-label="Probes">
      <h2>Probes <span class="count">{probes.filter((each) => each.healthy).length} of the last {probes.length} succeeded</span></h2>
      <Chart key={name} title="Latency" lines={[{ label: "healthy", colour: "--green" }, { label: "failed", colour: "--red" }]} data={[seconds, good, bad]} write={latency} bars windowSeconds={window} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Results of probes">
        <table>
          <thead><tr><th>At</th><th>Result</th><th class="right">Took</th><th>Answer</th></tr></thead>
          <tbody>
            {[...probes].reverse().slice(0, 30).map((each) => (
              <tr key={each.at}>
                <td class="mono">{moment(each.at)}</td>
                <td class={each.healthy ? "good" : "bad"}><Glyph name={each.healthy ? "completed" : "failed"} /> {each.healthy ? "healthy" : "failed"}</td>
                <td class="mono right">{latency(each.took_seconds)}</td>
                <td class="mono wide">{each.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function ProcessesPanel({ of: is }: { of: Live }) {
  const { value } = useFetched<{ services: { name: string; processes: Process[] }[] }>(ofService(is.name, "/processes"), `${is.pid} ${is.state}`);
  const processes = value?.services.find((each) => each.name === is.name)?.processes ?? [];
  if (processes.length === 0) return null;
  return (
    <section class="panel" aria-label="Processes">
      <h2>Processes <span class="count">{processes.length}</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Tree of processes">
        <table>
          <thead><tr><th>Pid</th><th>Command</th><th>State</th><th class="right">Threads</th><th class="right">CPU time</th><th class="right">Memory</th></tr></thead>
          <tbody>
            {tree(processes).map(({ process: each, depth }) => (
              <tr key={each.pid}>
                <td class="mono">{each.pid}</td>
                <td class="mono wide">{"   ".repeat(Math.max(0, depth - 1))}{depth > 0 ? "└─ " : ""}{each.command}</td>
                <td>{each.state}</td>
                <td class="mono right">{each.threads}</td>
                <td class="mono right">{span(each.cpu_seconds)}</td>
                <td class="mono right">{bytes(each.memory_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Parents before their children, with the depth of each. */
export function tree(processes: Process[]): { process: Process; depth: number }[] {
  const pids = new Set(processes.map((each) => each.pid));
  const out: { process: Process; depth: number }[] = [];
  const add = (parent: Process, depth: number): void => {
    if (out.some((each) => each.process === parent)) return;
    out.push({ process: parent, depth });
    for (const each of processes) if (each.parent === parent.pid) add(each, depth + 1);
  };
  for (const each of processes) if (!pids.has(each.parent)) add(each, 0);
  return out;
}

export function ConfigurationPanel({ of: is }: { of: Live }) {
  const { value } = useFetched<{ services: Configuration[] }>(ofService(is.name, "/configuration"), String(is.started_at));
  const mine = value?.services.find((each) => each.name === is.name);
  if (!mine) return null;
  return (
    <>
      <section class="panel" aria-label="Configuration">
        <h2>Configuration <span class="count">as resolved</span></h2>
        <dl class="settings">
          {Object.entries(mine.configuration).map(([key, setting]) => (
            <div key={key}><dt>{key}</dt><dd>{inWords(setting)}</dd></div>
          ))}
        </dl>
      </section>
      {mine.environment.length > 0 && (
        <section class="panel" aria-label="Environment">
          <h2>Environment <span class="count">{mine.environment.length}, secrets are masked</span></h2>
          <dl class="settings">
            {mine.environment.map((each) => (
              <div key={each.name}><dt>{each.name}</dt><dd class={each.masked ? "masked" : ""}>{each.value}{each.from && <span class="from"> from {each.from}</span>}</dd></div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

/** A setting on a line: {"a": 1, "b": [2]} as "a: 1, b: [2]". */
export function inWords(value: Json): string {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    return value.every((each) => typeof each === "string") ? value.map(quoted).join(" ") : `[${value.map(inWords).join(", ")}]`;
  }
  const entries = Object.entries(value);
  return entries.length === 0 ? "none" : entries.map(([key, each]) => `${key}: ${inWords(each)}`).join(", ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./${}-]+$/.test(text) ? text : JSON.stringify(text);
}
