import { useI18n } from 'vue-i18n'
import { LOCAL_ID, useServices } from '../stores/services'

/** What a service is called; one that was removed since is called by its id. */
export function useServiceName(): (serviceId: string) => string {
  const { t } = useI18n()
  const store = useServices()
  return serviceId => serviceId === LOCAL_ID ? t('services.local') : store.find(serviceId)?.service.name ?? serviceId
}
