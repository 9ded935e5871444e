//! `cache`: look into the response caches, evict answers.

use crate::{
    cli::{
        args::{CacheArgs, CacheVerb},
        client::Client,
        output::Output,
        table::Table,
        trouble::Trouble,
    },
    proto,
};

/// `cache`
pub async fn cache(client: &Client, args: CacheArgs, out: &mut Output) -> Result<(), Trouble> {
    let mut admin = client.admin().await?;
    match args.verb {
        CacheVerb::Show => {
            let request = client.request(proto::GetCacheRequest {});
            let answer = admin.get_cache(request).await?;
            out.message("GetCacheResponse", answer.get_ref(), shown)
        }
        CacheVerb::Clear { decision, tenant } => {
            let request = client.request(proto::ClearCacheRequest {
                decision_id: decision,
                tenant,
            });
            let answer = admin.clear_cache(request).await?;
            out.message("ClearCacheResponse", answer.get_ref(), |answer| {
                format!("{} answers evicted", answer.answers)
            })
        }
    }
}

fn shown(answer: &proto::GetCacheResponse) -> String {
    let mut table = Table::new(&["cache", ">answers", ">bytes", ">hits"]);
    let caches = [
        ("exact", &answer.exact, answer.exact_hits),
        ("semantic", &answer.semantic, answer.semantic_hits),
    ];
    for (name, size, hits) in caches {
        match size {
            Some(size) => table.row([
                name.to_owned(),
                size.answers.to_string(),
                size.bytes.to_string(),
                hits.to_string(),
            ]),
            None => table.row([name.to_owned(), "off".into(), String::new(), String::new()]),
        }
    }
    format!("{}\n{} requests looked", table.text_or(""), answer.requests)
}
