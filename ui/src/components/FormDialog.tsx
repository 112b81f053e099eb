import type { LucideIcon } from "lucide-react";
import { type FormEvent, type ReactNode, useId } from "react";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { Modal } from "./Modal";
import { ErrorPanel } from "./States";

interface FormDialogProps {
  title: string;
  text?: ReactNode;
  /** What the button says that sends the form. */
  action: string;
  icon?: LucideIcon;
  /** Whether what is filled in can be sent. */
  ready: boolean;
  busy: boolean;
  /** Why it was refused, with what the refusal is called. */
  refused?: { title: string; error: unknown };
  onSend: () => void;
  onClose: () => void;
  testId: string;
  /** The fields. */
  children: ReactNode;
}

/** A form in a dialog: sent by its button and by Enter, never twice, and its refusal stands below what was filled in. */
export function FormDialog(props: FormDialogProps) {
  const { title, text, action, icon, ready, busy, refused, onSend, onClose, testId, children } = props;
  const form = useId();
  function send(event: FormEvent) {
    event.preventDefault();
    if (ready && !busy) onSend();
  }
  return (
    <Modal
      title={title}
      text={text}
      wide
      onClose={onClose}
      testId={testId}
      footer={
        <>
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            icon={icon}
            busy={busy}
            disabled={!ready}
            data-testid={`${testId}-do`}
          >
            {action}
          </Button>
        </>
      }
    >
      <form id={form} className="dialog-form" onSubmit={send}>
        {children}
      </form>
      {refused && <ErrorPanel title={refused.title} error={refused.error} />}
    </Modal>
  );
}
