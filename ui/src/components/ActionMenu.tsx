import { Menu } from "@base-ui/react/menu";
import type { LucideIcon } from "lucide-react";

export interface MenuAction {
  id: string;
  label: string;
  icon: LucideIcon;
  disabled?: boolean;
  danger?: boolean;
  run: () => void;
}

interface ActionMenuProps {
  label: string;
  icon: LucideIcon;
  actions: MenuAction[];
  disabled?: boolean;
  testId?: string;
}

/** A button that opens a list of commands. */
export function ActionMenu({ label, icon: Icon, actions, disabled, testId }: ActionMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger
        className="icon-button"
        aria-label={label}
        title={label}
        disabled={disabled}
        data-testid={testId}
      >
        <Icon aria-hidden size={16} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-positioner" sideOffset={4} align="end">
          <Menu.Popup className="popup" aria-label={label}>
            {actions.map(({ id, label: text, icon: ItemIcon, disabled: off, danger, run }) => (
              <Menu.Item
                key={id}
                className={danger ? "popup-item popup-danger" : "popup-item"}
                disabled={off}
                data-testid={`${testId}-${id}`}
                onClick={run}
              >
                <ItemIcon aria-hidden size={15} />
                <span className="popup-item-text">{text}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
