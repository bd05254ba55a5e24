//! Describes a service by its types. Generated code calls it.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::{Deprecation, MethodDescription, ServiceDescription, docs, titles};
use crate::definitions::MethodDef;

/// Where the references of schemas lead to, as in documents that contain several services.
const SCHEMAS: &str = "/components/schemas";

/// A type that has a JSON Schema.
///
/// Implemented for every type that is `JsonSchema`. The trait exists so that the compiler reports a missing derive
/// in one sentence about the user's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described: it has no JSON Schema",
    label = "needs `schemars::JsonSchema`",
    note = "add the crate schemars, and `#[derive(schemars::JsonSchema)]` to `{Self}`; or remove `schema` from `#[rpc_service(..)]`",
    note = "a type of another crate has one by a feature of schemars, such as `uuid1`, `chrono04`, `jiff02`, `rust_decimal1` or `url2`; or write `#[schemars(with = \"..\")]` on the parameter"
)]
pub trait SchemaType: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema + ?Sized> SchemaType for T {}

/// `since` and `note` of `#[deprecated]`.
type Deprecated<'a> = (Option<&'a str>, Option<&'a str>);

/// A service that is being described.
///
/// A schema says what is read: a member with a default may be missing in it, and a member that is not read is
/// missing from it. There is one schema for a type, whether it is sent or received.
#[derive(Debug)]
pub struct Describe {
    description: ServiceDescription,
    generator: SchemaGenerator,
}

/// A method that is being described.
#[derive(Debug)]
pub struct DescribeMethod<'a> {
    method: &'a mut MethodDescription,
    generator: &'a mut SchemaGenerator,
}

impl Describe {
    /// A service without methods. `docs` are the lines of its documentation; it is deprecated if `deprecated` has
    /// an element.
    #[must_use]
    pub fn new(service: &str, version: Option<&str>, docs: &[&str], deprecated: &[Deprecated<'_>]) -> Self {
        let mut description = ServiceDescription::new(service);
        description.version = version.map(str::to_owned);
        description.docs = docs::joined(docs);
        description.deprecated = deprecation(deprecated);
        let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = SCHEMAS.into());
        Self { description, generator: settings.into_generator() }
    }

    /// Adds a method, whose schemas follow.
    pub fn method(
        &mut self,
        definition: &MethodDef,
        docs: &[&str],
        deprecated: &[Deprecated<'_>],
    ) -> DescribeMethod<'_> {
        let mut described = MethodDescription::of(definition);
        described.docs = docs::joined(docs);
        described.deprecated = deprecation(deprecated);
        self.description.methods.push(described);
        let method = self.description.methods.last_mut().expect("it was pushed");
        DescribeMethod { method, generator: &mut self.generator }
    }

    /// The description, with the schemas that those of its methods refer to.
    #[must_use]
    pub fn finish(mut self) -> ServiceDescription {
        self.description.schemas = self.generator.take_definitions(true).into_iter().collect();
        for (name, schema) in &mut self.description.schemas {
            titles::name_variants(name, schema);
        }
        self.description
    }
}

impl DescribeMethod<'_> {
    /// Sets the schema of its requests. That of named parameters stands in the method, and not in the schemas of
    /// the service: no other method has it.
    pub fn request<T: JsonSchema>(mut self) -> Self {
        let mut schema = T::json_schema(self.generator);
        if !self.method.bare && schema.get("title").is_none() {
            schema.insert("title".to_owned(), T::schema_name().into());
        }
        self.method.request = self.finished(schema);
        self
    }

    /// Sets the schema of its results.
    pub fn reply<T: JsonSchema>(mut self) -> Self {
        let schema = self.generator.subschema_for::<T>();
        self.method.reply = Some(self.finished(schema));
        self
    }

    /// Its results are bytes.
    pub fn raw_reply(self) -> Self {
        self.method.raw_reply = true;
        self
    }

    /// Sets the schema of its error.
    pub fn error<T: JsonSchema>(mut self) -> Self {
        let schema = self.generator.subschema_for::<T>();
        self.method.error = Some(self.finished(schema));
        self
    }

    /// Sets where the key of its lock stands in a request.
    pub fn lock_key(self, key: &str) -> Self {
        let lock = self.method.lock.as_mut().expect("the macro names the key of a lock");
        lock.key = Some(key.to_owned());
        self
    }

    /// Adds a body of a request, as JSON.
    pub fn example(self, json: &str) -> Self {
        let example = serde_json::from_str(json).expect("the macro has checked it");
        self.method.examples.push(example);
        self
    }

    /// The schema in draft 7.
    fn finished(&mut self, mut schema: Schema) -> Value {
        for transform in self.generator.transforms_mut() {
            transform.transform(&mut schema);
        }
        schema.to_value()
    }
}

fn deprecation(deprecated: &[Deprecated<'_>]) -> Option<Deprecation> {
    let (since, note) = deprecated.first()?;
    Some(Deprecation { since: since.map(str::to_owned), note: note.map(str::to_owned) })
}
