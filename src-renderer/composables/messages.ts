import { useI18n } from 'vue-i18n'

type Params = Readonly<Record<string, string | number>>

export interface Messages {
  /** What is shown for an error's or hint's code; every code has a text, an unknown one gets the general one. */
  readonly problem: (code: string, params?: Params) => string
  readonly notice: (key: string, params?: Params) => string
}

export function useMessages(): Messages {
  const { t, te } = useI18n()

  function problem(code: string, params: Params = {}): string {
    const key = [`hints.${code}`, `errors.${code}`].find(one => te(one))
    return key === undefined ? t('errors.internal') : t(key, params)
  }

  return {
    problem,
    notice: (key, params = {}) => te(key) ? t(key, params) : problem(key.slice(key.indexOf('.') + 1), params),
  }
}
