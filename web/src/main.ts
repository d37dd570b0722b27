import { createApp } from 'vue'
import App from './App.vue'
import { createPages } from './router'
import { startSession } from './session/session'
import { startTracking } from './tracking/tracking'
import { startReactions } from './tracking/useReactions'
import './styles.css'

void startSession()
startTracking()
startReactions()
createApp(App).use(createPages()).mount('#app')
