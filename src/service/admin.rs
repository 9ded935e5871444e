//! `AdminService`: the operator's face. Streams in and out are in `transfer`.

use super::{convert, deadline, gate::Gate, settings::Settings, status, transfer};
use crate::{
    clock::Clock,
    engine::api::{EngineApi, EngineError},
    near,
    proto::{self, admin_service_server::AdminService},
};
use futures_util::stream::BoxStream;
use std::{future::Future, sync::Arc};
use tonic::{Request, Response, Status, Streaming};

/// The face; clones share the engine.
pub struct AdminFace<E> {
    engine: Arc<E>,
    gate: Gate,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
}

/// What a method answers.
type Answer<T> = Result<Response<T>, Status>;

impl<E: EngineApi> AdminFace<E> {
    /// The face of this engine.
    pub fn new(engine: Arc<E>, gate: Gate, clock: Arc<dyn Clock>, settings: Arc<Settings>) -> Self {
        Self {
            engine,
            gate,
            clock,
            settings,
        }
    }

    /// Runs one call within its deadline and writes its answer.
    async fn answer<T, U, R>(
        &self,
        request: &Request<R>,
        work: impl Future<Output = Result<T, EngineError>>,
        write: impl FnOnce(T) -> U,
    ) -> Answer<U> {
        let deadline = deadline::of(request.metadata(), None).map_err(|status| *status)?;
        let _pass = self.gate.enter().map_err(status::of)?;
        let done = self.gate.run(deadline, work).await?;
        Ok(Response::new(write(done)))
    }

    async fn provider(&self, name: &str) -> Result<proto::Provider, EngineError> {
        let mut all = self.engine.providers().await?;
        let found = all.iter().position(|shown| shown.name.as_str() == name);
        match found {
            Some(i) => Ok(convert::shown::to_provider(all.swap_remove(i))),
            None => Err(EngineError::UnknownProvider {
                name: name.to_owned(),
                near: near::matches(name, all.iter().map(|shown| shown.name.as_str()))
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            }),
        }
    }
}

fn ok<T>(checked: Result<T, Box<Status>>) -> Result<T, Status> {
    checked.map_err(|status| *status)
}

#[tonic::async_trait]
impl<E: EngineApi> AdminService for AdminFace<E> {
    type WatchEventsStream = BoxStream<'static, Result<proto::WatchEventsResponse, Status>>;
    type ExportMemoryStream = BoxStream<'static, Result<proto::ExportMemoryResponse, Status>>;

    async fn list_providers(
        &self,
        request: Request<proto::ListProvidersRequest>,
    ) -> Answer<proto::ListProvidersResponse> {
        self.answer(&request, self.engine.providers(), |all| {
            let providers = all.into_iter().map(convert::shown::to_provider).collect();
            proto::ListProvidersResponse { providers }
        })
        .await
    }

    async fn get_provider(
        &self,
        request: Request<proto::GetProviderRequest>,
    ) -> Answer<proto::GetProviderResponse> {
        let name = request.get_ref().provider.clone();
        ok(convert::query::name("provider", &name))?;
        self.answer(&request, self.provider(&name), |provider| {
            proto::GetProviderResponse {
                provider: Some(provider),
            }
        })
        .await
    }

    async fn set_deployment_state(
        &self,
        request: Request<proto::SetDeploymentStateRequest>,
    ) -> Answer<proto::SetDeploymentStateResponse> {
        let wire = request.get_ref();
        ok(convert::query::name("deployment", &wire.deployment))?;
        let action = ok(convert::query::action(wire.action))?;
        let id = wire.deployment.as_str().into();
        let work = self.engine.set_deployment_state(id, action);
        self.answer(&request, work, |shown| proto::SetDeploymentStateResponse {
            deployment: Some(convert::shown::to_deployment(shown)),
        })
        .await
    }

    async fn list_classes(
        &self,
        request: Request<proto::ListClassesRequest>,
    ) -> Answer<proto::ListClassesResponse> {
        self.answer(&request, self.engine.classes(), |all| {
            let classes = all.into_iter().map(convert::shown::to_class).collect();
            proto::ListClassesResponse { classes }
        })
        .await
    }

    async fn rename_class(
        &self,
        request: Request<proto::RenameClassRequest>,
    ) -> Answer<proto::RenameClassResponse> {
        let (class, label) = ok(convert::query::label(request.get_ref().clone()))?;
        let work = self.engine.rename_class(class, label);
        self.answer(&request, work, |shown| proto::RenameClassResponse {
            prompt_class: Some(convert::shown::to_class(shown)),
        })
        .await
    }

    async fn list_profiles(
        &self,
        request: Request<proto::ListProfilesRequest>,
    ) -> Answer<proto::ListProfilesResponse> {
        let filter = ok(convert::query::profiles(request.get_ref().clone()))?;
        self.answer(&request, self.engine.profiles(filter), |all| {
            let profiles = all.into_iter().map(convert::shown::to_profile).collect();
            proto::ListProfilesResponse { profiles }
        })
        .await
    }

    async fn get_decision(
        &self,
        request: Request<proto::GetDecisionRequest>,
    ) -> Answer<proto::GetDecisionResponse> {
        let id = ok(convert::query::decision(request.get_ref()))?;
        let work = self.engine.decision(id);
        self.answer(&request, work, convert::report::to_explained)
            .await
    }

    async fn list_decisions(
        &self,
        request: Request<proto::ListDecisionsRequest>,
    ) -> Answer<proto::ListDecisionsResponse> {
        let (filter, page) = ok(convert::query::decisions(request.get_ref().clone()))?;
        let work = self.engine.decisions(filter, page);
        self.answer(&request, work, |page| proto::ListDecisionsResponse {
            decisions: page
                .decisions
                .into_iter()
                .map(convert::report::to_summary)
                .collect(),
            next_page_token: page.next.map(|id| id.to_string()).unwrap_or_default(),
        })
        .await
    }

    async fn get_statistics(
        &self,
        request: Request<proto::GetStatisticsRequest>,
    ) -> Answer<proto::GetStatisticsResponse> {
        let range = ok(convert::query::statistics(request.get_ref().clone()))?;
        let work = self.engine.statistics(range);
        self.answer(&request, work, |statistics| proto::GetStatisticsResponse {
            statistics: Some(convert::report::to_statistics(statistics)),
        })
        .await
    }

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Answer<Self::WatchEventsStream> {
        let kinds = ok(convert::query::kinds(&request.get_ref().kinds))?;
        let events = self.engine.watch();
        let told = transfer::watch(events, kinds, self.gate.clone(), Arc::clone(&self.clock));
        Ok(Response::new(told))
    }

    async fn import_examples(
        &self,
        request: Request<Streaming<proto::ImportExamplesRequest>>,
    ) -> Answer<proto::ImportExamplesResponse> {
        let _pass = self.gate.enter().map_err(status::of)?;
        let engine = self.engine.as_ref();
        let limit = self.settings.max_text_bytes;
        transfer::import_examples(engine, request.into_inner(), limit)
            .await
            .map(Response::new)
    }

    async fn export_memory(
        &self,
        _request: Request<proto::ExportMemoryRequest>,
    ) -> Answer<Self::ExportMemoryStream> {
        let pass = self.gate.enter().map_err(status::of)?;
        let pieces = self.engine.export_memory().await.map_err(status::of)?;
        Ok(Response::new(transfer::export(pieces, pass)))
    }

    async fn import_memory(
        &self,
        request: Request<Streaming<proto::ImportMemoryRequest>>,
    ) -> Answer<proto::ImportMemoryResponse> {
        let _pass = self.gate.enter().map_err(status::of)?;
        transfer::import_memory(self.engine.as_ref(), request.into_inner())
            .await
            .map(Response::new)
    }

    async fn reset_memory(
        &self,
        request: Request<proto::ResetMemoryRequest>,
    ) -> Answer<proto::ResetMemoryResponse> {
        if !request.get_ref().confirm {
            let what = "must be true: everything learned is forgotten; export it first";
            return Err(status::invalid(vec![(
                "confirm".to_owned(),
                what.to_owned(),
            )]));
        }
        let work = self.engine.reset_memory();
        self.answer(&request, work, |records| proto::ResetMemoryResponse {
            records,
        })
        .await
    }

    async fn get_cache(
        &self,
        request: Request<proto::GetCacheRequest>,
    ) -> Answer<proto::GetCacheResponse> {
        let work = self.engine.cache();
        self.answer(&request, work, convert::cache::to_cache).await
    }

    async fn clear_cache(
        &self,
        request: Request<proto::ClearCacheRequest>,
    ) -> Answer<proto::ClearCacheResponse> {
        let filter = ok(convert::cache::filter(request.get_ref().clone()))?;
        let work = self.engine.clear_cache(filter);
        self.answer(&request, work, |answers| proto::ClearCacheResponse {
            answers,
        })
        .await
    }

    async fn get_configuration(
        &self,
        _request: Request<proto::GetConfigurationRequest>,
    ) -> Answer<proto::GetConfigurationResponse> {
        let shown = self.engine.configuration_shown();
        Ok(Response::new(proto::GetConfigurationResponse {
            yaml: shown.yaml,
            sources: shown.sources,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }
}
