import type { RoutesView } from '@contract'
import { useI18n } from 'vue-i18n'
import { failedService } from '../services/routes'
import { useServiceName } from './service-name'

type Params = Readonly<Record<string, string | number>>

export interface Messages {
  /** What is shown for an error's or hint's code; every code has a text, an unknown one gets the general one. */
  readonly problem: (code: string, params?: Params) => string
  /** The same for a turn's error, with the name of the service that it came from. */
  readonly turnProblem: (code: string, routes: RoutesView) => string
  readonly notice: (key: string, params?: Params) => string
}

export function useMessages(): Messages {
  const { t, te } = useI18n()
  const nameOf = useServiceName()

  function text(key: string, params: Params): string {
    return t(key, { service: t('services.unnamed'), ...params })
  }

  function problem(code: string, params: Params = {}): string {
    const key = [`hints.${code}`, `errors.${code}`].find(one => te(one))
    return key === undefined ? t('errors.internal') : text(key, params)
  }

  return {
    problem,
    turnProblem(code, routes) {
      const serviceId = failedService(routes, code)
      return problem(code, serviceId === null ? {} : { service: nameOf(serviceId) })
    },
    notice: (key, params = {}) => te(key) ? text(key, params) : problem(key.slice(key.indexOf('.') + 1), params),
  }
}
