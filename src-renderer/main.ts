import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { createMessages } from './locales'
import { createAppRouter } from './router'
import { connectStores } from './stores/connect'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/markdown.css'

const app = createApp(App)
app.use(createPinia())
app.use(createMessages())
app.use(createAppRouter())
connectStores()
app.mount('#app')
