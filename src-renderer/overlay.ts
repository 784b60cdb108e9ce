import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createMessages } from './locales'
import OverlayApp from './OverlayApp.vue'
import { connectSession } from './stores/connect'
import './styles/overlay.css'

const app = createApp(OverlayApp)
app.use(createPinia())
app.use(createMessages())
connectSession()
app.mount('#app')
