// Dialogs of the browser's own kind: focus stays inside, Escape closes, the page behind is inert.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Glyph } from "./glyph.tsx";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  class?: string;
}

export function Dialog({ title, onClose, children, class: kind = "" }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  // Before anything else is heard: letters typed at once belong into the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // Closed by being taken away: the browser tells of a close of its own only some frames later, when
    // the next question may stand here already.
    <dialog ref={ref} class={kind} aria-label={title} onCancel={(event) => { event.preventDefault(); onClose(); }} onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}>
      <div class="dialog-body">
        <header>
          <h2>{title}</h2>
          <button class="quiet" aria-label="Close" onClick={onClose}><Glyph name="close" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Question {
  id: number;
  title: string;
  text: string;
  yes: string;
  danger: boolean;
  answer: (is: boolean) => void;
}

const question = signal<Question | null>(null);
let asked = 0;

/** Asks before something happens that cannot be undone. */
export function confirm(title: string, text: string, yes: string, danger = false): Promise<boolean> {
  question.peek()?.answer(false);
  const id = ++asked;
  return new Promise((resolve) => {
    question.value = {
      id, title, text, yes, danger,
      answer: (is) => {
        if (question.peek()?.id === id) question.value = null;
        resolve(is);
      },
    };
  });
}

export function ConfirmDialog() {
  const is = question.value;
  if (!is) return null;
  return (
    <Dialog key={is.id} title={is.title} class="confirm" onClose={() => is.answer(false)}>
      <p>{is.text}</p>
      <footer>
        <button onClick={() => is.answer(false)}>Cancel</button>
        <button class={is.danger ? "danger" : "primary"} autofocus onClick={() => is.answer(true)}>{is.yes}</button>
      </footer>
    </Dialog>
  );
}
