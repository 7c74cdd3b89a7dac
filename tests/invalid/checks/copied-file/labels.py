from feast import Entity
