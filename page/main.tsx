import { render } from 'preact';
import { App } from './app.jsx';
import { ApiClient } from './data/api-client.js';
import { Feed } from './data/feed.js';
import './style/page.css';

const root = document.getElementById('page');
if (root !== null) {
  const api = new ApiClient();
  const feed = new Feed(api);
  feed.start();
  render(<App api={api} feed={feed} />, root);
}
