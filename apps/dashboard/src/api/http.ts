// Requests to the API of aurorad.
import { address, endSession, token } from "./session.ts";
import type { ProblemBody } from "./shapes.ts";

/** A request that was not done: what failed, why, and what to do. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly hint: string;
  readonly errors: string[];

  constructor(status: number, body: ProblemBody) {
    super(body.title ?? `the daemon answered ${status}`);
    this.status = status;
    this.detail = body.detail ?? "";
    this.hint = body.hint ?? "";
    this.errors = body.errors ?? [];
  }
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request(path, { method: "GET", ...(signal ? { signal } : {}) }).then((answer) => answer.json() as Promise<T>);
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).then((answer) => answer.json() as Promise<T>);
}

/** The answer as it is. Throws a Problem for everything but success. */
export async function request(path: string, how: RequestInit): Promise<Response> {
  const headers = new Headers(how.headers);
  const bearer = token();
  if (bearer !== null) headers.set("Authorization", `Bearer ${bearer}`);
  let answer: Response;
  try {
    answer = await fetch(address(`api/v1/${path}`), { ...how, headers });
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
    throw new Problem(0, { title: "the daemon does not answer", detail: "The page asks again by itself." });
  }
  if (answer.ok) return answer;
  const problem = new Problem(answer.status, await problemOf(answer));
  if (answer.status === 401) endSession(problem.detail || problem.message);
  throw problem;
}

async function problemOf(answer: Response): Promise<ProblemBody> {
  try {
    return (await answer.json()) as ProblemBody;
  } catch {
    return { title: `the daemon answered ${answer.status} ${answer.statusText}` };
  }
}

/** A problem as one text for a notice. */
export function told(fault: unknown): string {
  if (!(fault instanceof Problem)) return fault instanceof Error ? fault.message : String(fault);
  return [fault.message, fault.detail, fault.hint].filter((each) => each !== "").join(". ");
}

/** "services/web%402/why" */
export function ofService(name: string, rest = ""): string {
  return `services/${encodeURIComponent(name)}${rest}`;
}
