import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { followErrors } from './api/errors'
import { createQueries } from './api/queries'
import App from './app/App.vue'
import { loadAtRest } from './app/rest'
import { createPages } from './app/router'
import { i18n, speak } from './i18n'
import { usePreferences } from './i18n/preferences'
import { startSession } from './session/session'
import { startTracking } from './tracking/tracking'
import { startReactions } from './tracking/useReactions'
import '@fontsource-variable/inter/wght.css'
import './styles.css'

const app = createApp(App)
const pinia = createPinia()
const queryClient = createQueries()
const pages = createPages(queryClient)
followErrors(app, pages)

void startSession()
startTracking()
startReactions()

app.use(pinia).use(i18n).use(VueQueryPlugin, { queryClient }).use(pages)
// Without its words the page still speaks English.
speak(usePreferences(pinia).language)
  .catch(() => undefined)
  .finally(() => {
    app.mount('#app')
    loadAtRest()
  })
