import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createMessages } from './locales'
import OverlayApp from './OverlayApp.vue'
import { connectStores } from './stores/connect'
import './styles/overlay.css'

const app = createApp(OverlayApp)
app.use(createPinia())
app.use(createMessages())
connectStores()
app.mount('#app')
