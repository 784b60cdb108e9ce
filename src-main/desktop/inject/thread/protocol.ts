import type { ErrorCode } from '../../../lib/app-error'
import type { InjectionTarget, SavedClipboard } from '../../../ports/text-injector'

/** A saved content stays in the thread; this names it. */
export type SavedHandle = SavedClipboard & { readonly handle: number }

/** What may be asked; `handle` names an offer. */
export type ClipboardCall
  = | { readonly method: 'save' }
    | { readonly method: 'offer', readonly text: string, readonly reader: InjectionTarget | null, readonly alsoPrimary: boolean }
    | { readonly method: 'copy', readonly text: string }
    | { readonly method: 'selectedText', readonly of: InjectionTarget }
    | { readonly method: 'wasRead', readonly handle: number, readonly limitMs: number }
    | { readonly method: 'isCurrent', readonly handle: number }
    | { readonly method: 'keep', readonly handle: number, readonly alsoPrimary: boolean }
    | { readonly method: 'restore', readonly handle: number, readonly saved: number | null }
    | { readonly method: 'close' }

export type ToThread
  = | { readonly type: 'call', readonly id: number, readonly call: ClipboardCall }
    | { readonly type: 'abort', readonly id: number }

export type FromThread
  = | { readonly type: 'value', readonly id: number, readonly value: unknown }
    | { readonly type: 'error', readonly id: number, readonly code: ErrorCode, readonly message: string, readonly retryable: boolean }
    | { readonly type: 'log', readonly level: 'debug' | 'info' | 'warn' | 'error', readonly message: string, readonly fields: Readonly<Record<string, unknown>> }
