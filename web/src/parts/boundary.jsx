import { Component } from 'react';

/** Keeps what breaks in a page inside of it: navigation, alerts and the socket go on. */
export class Boundary extends Component {
  /** @type {{ broken: boolean }} */
  state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  render() {
    if (!this.state.broken) return /** @type {{ children?: import('react').ReactNode }} */ (this.props).children;
    return (
      <div className="notice" data-kind="bad" role="alert">
        <p>
          <strong>This page has failed.</strong> Go to another one, or load it again.
        </p>
        <button type="button" onClick={() => this.setState({ broken: false })}>
          Show it again
        </button>
      </div>
    );
  }
}
