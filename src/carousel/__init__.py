"""Real-time hybrid recommender for car marketplaces. Start at ARCHITECTURE.md."""
