// What somebody sees who came without a token.
import { signedOutBecause } from "../api/session.ts";

export function SignedOut() {
  const because = signedOutBecause.value;
  return (
    <main id="main" class="signed-out">
      <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <path class="one" d="M4 21c4-14 9-14 12 0s8 3 12-13" />
        <path class="two" d="M4 26c5-8 10-8 13-2s7 2 11-7" />
      </svg>
      <h1>Aurora</h1>
      {because && <p class="because" role="alert">{because}</p>}
      <p>This page needs a signed-in link. On the machine where Aurora runs, type:</p>
      <pre><code>aurorctl dashboard</code></pre>
      <p>It opens this page signed in, for this tab. <code>aurorctl dashboard --print</code> prints the link: it works once, within a minute.</p>
    </main>
  );
}
