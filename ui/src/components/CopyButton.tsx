import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { m } from "@/paraglide/messages.js";
import { IconButton } from "./Button";

/** Puts `text` on the clipboard and says so for a moment. */
export function CopyButton({ text, label = m.copy() }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast.error(m.copy_failed());
    }
  }
  return <IconButton icon={copied ? Check : Copy} label={copied ? m.copied() : label} onClick={copy} />;
}
