// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config/sections/config.h"
#include "provisioning/function/ledger.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"

namespace msggw::process {

/// The store of a gateway, to be opened for writing.
inline storage::LmdbOptions store_of(const config::GatewayOptions& options) {
  storage::LmdbOptions store;
  store.folder = options.folder;
  store.tables = storage::gateway_tables();
  store.format = storage::kGatewayFormat;
  store.owner = "gateway";
  store.map_size = options.map_size;
  return store;
}

/// The same of a Provisioning Function.
inline storage::LmdbOptions store_of(const function::Options& options) {
  storage::LmdbOptions store;
  store.folder = options.folder;
  store.tables = function::store_tables();
  store.owner = "Provisioning Function";
  return store;
}

}  // namespace msggw::process
