import type { ParleyBridge } from '@contract'

declare global {
  interface Window {
    /** Put there by the preload script. */
    readonly parley: ParleyBridge
  }
}
