"""What runs Tandem beyond its code: demo data, gazetteer, images and configuration."""
