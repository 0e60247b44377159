"""Questions about cities, in words."""

from tandem.membership.v1 import membership_pb2 as pb


def asked(reference: pb.OpenReference) -> str:
    """Return what was said of the city, in its own words."""
    if reference.WhichOneof("question") == "email_domain":
        return f"addresses at {reference.email_domain}"
    said = reference.reference
    if said.HasField("name"):
        return ", ".join(filter(None, (said.name, said.subdivision, said.country)))
    if said.HasField("city_id"):
        return f"city_id {said.city_id}"
    if said.HasField("geonames_id"):
        return f"GeoNames {said.geonames_id}"
    return f"GEOID {said.census_geoid}"
