import { ArrowUpRight, House, PlugZap } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { toast } from "sonner";
import { type RemoteCheckView, type RoleView, useCheckRemote, useConnect } from "@/api/models";
import { Button } from "@/components/Button";
import { Modal } from "@/components/Modal";
import { ErrorPanel } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { CheckResult } from "./CheckResult";
import { bindingOf, type Entered, entered, isUnencrypted, likelyModel } from "./connection";
import { KeyField } from "./KeyField";
import { PatienceFields } from "./PatienceFields";
import { ServerModelField } from "./ServerModelField";

interface ConnectDialogProps {
  role: RoleView;
  onClose: () => void;
}

/** Lets a server play the role: its address and key, what it answers, and which of its models to use. */
export function ConnectDialog({ role, onClose }: ConnectDialogProps) {
  const [form, setForm] = useState<Entered>(() => entered(role.binding.remote));
  const check = useCheckRemote();
  const connect = useConnect();
  const keep = useId();
  const address = form.address.trim();

  const change = (part: Partial<Entered>) => setForm({ ...form, ...part });
  /** What was answered holds for one address and key. */
  function changeServer(part: Partial<Entered>) {
    change(part);
    check.reset();
    connect.reset();
  }
  function ask() {
    if (address === "" || check.isPending) return;
    const { key, insecure } = form;
    check.mutate(
      {
        base_url: address,
        ...(key && { key }),
        ...(insecure && isUnencrypted(address) && { allow_insecure: true }),
      },
      {
        onSuccess: ({ models }) => setForm((now) => ({ ...now, model: likelyModel(models, now.model) })),
      },
    );
  }
  function use() {
    const remote = bindingOf(form);
    connect.mutate(
      { role: role.name, remote, ...(form.key && { key: form.key }) },
      {
        onSuccess: ({ keptIn }) => {
          toast.success(m.bound({ role: role.name, model: remote.model }), {
            description: keptIn === "memory" ? m.key_in_memory() : undefined,
          });
          onClose();
        },
      },
    );
  }
  return (
    <Modal
      title={m.connect_title({ role: role.name })}
      text={m.connect_text()}
      wide
      onClose={onClose}
      testId="connect-dialog"
      footer={
        <>
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            look="primary"
            icon={PlugZap}
            busy={connect.isPending}
            disabled={address === "" || form.model.trim() === ""}
            onClick={use}
            data-testid="connect-use"
          >
            {m.connect_use()}
          </Button>
        </>
      }
    >
      <form
        className="dialog-form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          ask();
        }}
      >
        <label className="field">
          <span>{m.connect_address()}</span>
          <input
            className="input mono"
            inputMode="url"
            value={form.address}
            placeholder="http://127.0.0.1:8080/v1"
            autoComplete="off"
            spellCheck={false}
            data-testid="connect-address"
            onChange={(event) => changeServer({ address: event.target.value })}
          />
        </label>
        <KeyField role={role} form={form} onChange={(key) => changeServer({ key })} />
        {isUnencrypted(address) && (
          <label className="check" htmlFor={keep}>
            <input
              id={keep}
              type="checkbox"
              checked={form.insecure}
              data-testid="connect-insecure"
              onChange={(event) => changeServer({ insecure: event.target.checked })}
            />
            {m.connect_insecure()}
          </label>
        )}
        <div>
          <Button type="submit" busy={check.isPending} disabled={address === ""} data-testid="connect-check">
            {m.connect_check()}
          </Button>
        </div>
      </form>
      <div aria-live="polite" className="connect-answer">
        {check.isError && <ErrorPanel title={m.connect_check_failed()} error={check.error} />}
        {check.data && <CheckResult answer={check.data} />}
      </div>
      <ServerModelField
        answer={check.data?.reachable ? check.data : undefined}
        model={form.model}
        onChange={(model) => change({ model })}
      />
      <PatienceFields form={form} onChange={change} />
      <Leaving role={role} answer={check.data} />
      {connect.isError && <ErrorPanel title={m.bind_failed({ role: role.name })} error={connect.error} />}
    </Modal>
  );
}

/** Whether text leaves this machine; as long as nobody knows, that it may. */
function Leaving({ role, answer }: { role: RoleView; answer: RemoteCheckView | undefined }) {
  const stays = answer?.this_machine === true;
  return (
    <p className={stays ? "notice notice-quiet" : "notice notice-warn"} data-testid="connect-leaving">
      {stays ? <House aria-hidden size={14} /> : <ArrowUpRight aria-hidden size={14} />}
      <span className="breakable">
        {stays
          ? m.remote_stays({ host: answer.host })
          : m.remote_leaves({ role: role.name, host: answer?.host ?? m.the_server() })}
      </span>
    </p>
  );
}
