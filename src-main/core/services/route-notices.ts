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
 * trusted), and that there is no network. Each once: until the service's settings are changed, or something outside answered again.
 */
export class RouteNotices {
  readonly #seen = new WeakSet<object>()
  readonly #told = new Set<string>()
  #offlineTold = false

  take(report: Pick<RouteReport, 'attempts' | 'skipped' | 'servedBy'>): RouteNotice[] {
    // The other parts of a turn come again with each change.
    if (this.#seen.has(report))
      return []
    this.#seen.add(report)
    const { attempts, skipped, servedBy } = report
    const notices: RouteNotice[] = []
    for (const { serviceId, errorCode } of attempts) {
      if ((errorCode === 'service-key' || errorCode === 'service-untrusted') && !this.#told.has(`${errorCode} ${serviceId}`)) {
        this.#told.add(`${errorCode} ${serviceId}`)
        notices.push({ code: errorCode, serviceId })
      }
    }
    if (servedBy !== null && servedBy !== LOCAL_SERVICE)
      this.#offlineTold = false
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
