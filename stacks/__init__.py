"""The CDK application: settings and roster in, templates out."""
