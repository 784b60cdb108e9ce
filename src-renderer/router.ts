import type { Router } from 'vue-router'
import { createRouter, createWebHashHistory } from 'vue-router'
import ConversationView from './views/ConversationView.vue'
import DictationsView from './views/DictationsView.vue'
import SettingsView from './views/SettingsView.vue'

/** In the hash, so that main can open the window at a view: `index.html#/settings`. */
export function createAppRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', alias: '/conversation', name: 'conversation', component: ConversationView },
      { path: '/dictations', name: 'dictations', component: DictationsView },
      { path: '/settings/:tab?', name: 'settings', component: SettingsView },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
}
