import type { ServiceView } from '@contract'
import type { ComputedRef } from 'vue'
import { computed, onScopeDispose, ref, watch } from 'vue'

export type ServiceState = { readonly kind: 'off' | 'ready' | 'key' | 'failed' } | { readonly kind: 'resting', readonly untilMs: number }

/** A timer takes no more than 32 bits of milliseconds. */
const LONGEST_TIMER_MS = 2_147_483_647

export function stateOf({ service, restsUntilMs, errorCode }: ServiceView, nowMs: number): ServiceState {
  if (!service.enabled)
    return { kind: 'off' }
  if (errorCode === 'service-key')
    return { kind: 'key' }
  if (restsUntilMs !== null && restsUntilMs > nowMs)
    return { kind: 'resting', untilMs: restsUntilMs }
  return { kind: errorCode === null ? 'ready' : 'failed' }
}

/** The state of a service, which changes by itself when its rest is over. */
export function useServiceState(view: () => ServiceView): ComputedRef<ServiceState> {
  const nowMs = ref(Date.now())
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(() => view().restsUntilMs, (untilMs) => {
    clearTimeout(timer)
    nowMs.value = Date.now()
    if (untilMs !== null && untilMs > nowMs.value) {
      timer = setTimeout(() => {
        nowMs.value = Date.now()
      }, Math.min(untilMs - nowMs.value, LONGEST_TIMER_MS))
    }
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  return computed(() => stateOf(view(), nowMs.value))
}
