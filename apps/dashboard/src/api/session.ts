// Who uses the page. The token lives in this tab only (sessionStorage): no cookie, which the
// neighbouring ports would share, and nothing that outlives the tab.
import { signal } from "@preact/signals";
import type { ProblemBody, Role } from "./shapes.ts";

export type SignIn = "signing-in" | "signed-in" | "signed-out";

export const signIn = signal<SignIn>("signing-in");
export const role = signal<Role>("operate");
/** Why nobody is signed in, in words; empty where there never was a token. */
export const signedOutBecause = signal("");

const tokenKey = "aurora.token";
const roleKey = "aurora.role";

export function token(): string | null {
  return sessionStorage.getItem(tokenKey);
}

/** An address of the API, below wherever the page is. */
export function address(path: string): URL {
  return new URL(path.replace(/^\//, ""), document.baseURI.replace(/#.*$/, ""));
}

/**
 * Trades the code of the address's fragment, which is taken out of the address before anything else
 * happens, or goes on with the token of this tab.
 */
export async function openSession(): Promise<void> {
  const code = takeCode();
  if (code !== null) {
    await trade(code);
  } else if (token() !== null) {
    role.value = sessionStorage.getItem(roleKey) === "read" ? "read" : "operate";
    signIn.value = "signed-in";
  } else {
    signIn.value = "signed-out";
  }
}

export function endSession(because: string): void {
  sessionStorage.removeItem(tokenKey);
  sessionStorage.removeItem(roleKey);
  signedOutBecause.value = because;
  signIn.value = "signed-out";
}

export function learnRole(is: Role): void {
  role.value = is;
  sessionStorage.setItem(roleKey, is);
}

export function takeCode(): string | null {
  const found = /^#code=([^&]+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(found[1] ?? "");
}

async function trade(code: string): Promise<void> {
  try {
    const answer = await fetch(address("api/v1/session"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const body = (await answer.json()) as { token?: string; role?: Role } & ProblemBody;
    if (!answer.ok || body.token === undefined) {
      endSession(body.detail || body.title || "The code was refused: it works once, for 60 seconds.");
      return;
    }
    sessionStorage.setItem(tokenKey, body.token);
    learnRole(body.role === "read" ? "read" : "operate");
    signIn.value = "signed-in";
  } catch {
    endSession("The daemon did not answer when the code was to be traded.");
  }
}
