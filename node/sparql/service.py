"""What the endpoint says of itself: SPARQL 1.1 Service Description, as Turtle. Pure."""

_TEMPLATE = """@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix void: <http://rdfs.org/ns/void#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix formats: <http://www.w3.org/ns/formats/> .

<{endpoint}> a sd:Service ;
    sd:endpoint <{endpoint}> ;
    sd:supportedLanguage sd:SPARQL11Query ;
    sd:feature sd:UnionDefaultGraph ;
    sd:resultFormat formats:SPARQL_Results_JSON, formats:SPARQL_Results_XML, formats:SPARQL_Results_CSV,
        formats:SPARQL_Results_TSV, formats:Turtle, formats:N-Triples, formats:JSON-LD, formats:RDF_XML ;
    sd:defaultDataset <{endpoint}#dataset> .

<{endpoint}#dataset> a sd:Dataset, void:Dataset ;
    dcterms:title "Graphe public de {host}"@fr, "Public graph of {host}"@en ;
    void:vocabulary <https://w3id.org/tierslieux/ns> ;
    sd:defaultGraph <{endpoint}#union> .

<{endpoint}#union> a sd:Graph .
"""


def service_description(url: str) -> str:
    """The description of the endpoint of the node at `url`."""
    return _TEMPLATE.format(endpoint=url.rstrip("/") + "/sparql", host=url.partition("://")[2].rstrip("/"))
