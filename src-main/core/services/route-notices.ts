import type { RouteReport } from '../../ports/route'
import { LOCAL_SERVICE } from '../../ports/route'

/** `notices.<code>`. */
export interface RouteNotice {
  readonly code: 'service-key' | 'service-untrusted' | 'offline-local'
  /** Empty: it is about no single one. */
  readonly serviceId: string
}

/**
 * What the person is told of a route besides the waterfall: what needs them (a key that is refused, a certificate that is not
 * trusted), and that there is no network. Each once, until it was well again. Pure.
 */
export class RouteNotices {
  readonly #told = new Set<string>()
  #offlineTold = false

  take({ attempts, skipped, servedBy }: Pick<RouteReport, 'attempts' | 'skipped' | 'servedBy'>): RouteNotice[] {
    const notices: RouteNotice[] = []
    for (const { serviceId, errorCode, outcome } of attempts) {
      if (outcome === 'served' && serviceId !== LOCAL_SERVICE) {
        this.#offlineTold = false
        this.settingsChanged(serviceId)
      }
      if ((errorCode === 'service-key' || errorCode === 'service-untrusted') && !this.#told.has(`${errorCode} ${serviceId}`)) {
        this.#told.add(`${errorCode} ${serviceId}`)
        notices.push({ code: errorCode, serviceId })
      }
    }
    const isOffline = attempts.some(({ errorCode }) => errorCode === 'offline') || skipped.some(({ reason }) => reason === 'offline')
    if (isOffline && servedBy === LOCAL_SERVICE && !this.#offlineTold) {
      this.#offlineTold = true
      notices.push({ code: 'offline-local', serviceId: '' })
    }
    return notices
  }

  /** It has another key or address now: what goes wrong is told anew. */
  settingsChanged(serviceId: string): void {
    for (const told of [...this.#told]) {
      if (told.endsWith(` ${serviceId}`))
        this.#told.delete(told)
    }
  }
}
