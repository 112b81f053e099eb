// Whether the list of transfers is open; a message about one of them opens it too, from whichever screen.
import { create } from "zustand";

interface SheetState {
  open: boolean;
}

export const useTransfersSheet = create<SheetState>()(() => ({ open: false }));

export const closeTransfers = () => useTransfersSheet.setState({ open: false });

/** Opens the list, which is a part of the models' screen. */
export function openTransfers(): void {
  window.location.hash = "/models";
  useTransfersSheet.setState({ open: true });
}
