import { ExternalLink, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { openLink } from "@/api/desktop";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

interface OutsideLinkProps {
  url: string;
  icon?: LucideIcon;
  children: ReactNode;
}

/** A page outside of the window, opened in the user's browser. */
export function OutsideLink({ url, icon: Icon = ExternalLink, children }: OutsideLinkProps) {
  return (
    <a
      className="link get-link"
      href={url}
      title={m.get_opens_browser({ url })}
      target="_blank"
      rel="noreferrer"
      onClick={(event) => {
        event.preventDefault();
        openLink(url).catch((error) => toast.error(m.get_link_failed(), { description: errorText(error) }));
      }}
    >
      <Icon aria-hidden size={12} /> {children}
    </a>
  );
}
