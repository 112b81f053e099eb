import type { ServerView } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import { m } from "@/paraglide/messages.js";
import { curlLine } from "./curl";
import { Setting } from "./Setting";

/** A line for a terminal that shows that the server answers. */
export function CurlLine({ server }: { server: ServerView }) {
  const line = curlLine(server);
  return (
    <Setting title={m.curl()} text={m.curl_hint()} wide>
      <div className="folder-line">
        <code data-testid="server-curl">{line}</code>
        <CopyButton text={line} label={m.copy_curl()} />
      </div>
    </Setting>
  );
}
