// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/plugin_side.h"

#include <array>
#include <string>
#include <utility>

#include "gateway/base/base64url.h"
#include "gateway/base/log.h"
#include "gateway/base/secrets.h"
#include "gateway/credentials/password.h"

namespace msggw::process {

namespace {

std::string new_password() {
  std::array<std::uint8_t, 32> random;
  base::fill_random(random);
  std::string password;
  base::append_base64url(password, random);
  return password;
}

broker::Options options_of(mqtt::Options& mqtt, const credentials::Options& credentials) {
  if (mqtt.user.empty()) mqtt.user = "msggw";
  if (mqtt.password.empty()) mqtt.password = new_password();
  broker::Options options;
  options.folder = mqtt.plugin_folder;
  options.with_psks = mqtt.plugin_psks;
  options.grace = credentials.grace;
  options.login = {mqtt.user, credentials::hash_password(mqtt.password), mqtt.topic_prefix};
  return options;
}

}  // namespace

PluginSide::PluginSide(const base::Context& context, mqtt::Options& mqtt, credentials::Book& book,
                       const core::Tables& tables, broker::Sightings::Events events)
    : keeper_(context, options_of(mqtt, book.options), book, tables),
      sightings_(
          context, mqtt.plugin_folder, std::move(events),
          [this]() -> const std::string& { return keeper_.generation(); },
          [&tables] { return tables.numbers(); }) {}

std::string PluginSide::trouble() const {
  if (!keeper_.trouble().empty()) return "what it may know cannot be written: " + keeper_.trouble();
  if (!sightings_.reason().empty()) return "it cannot be heard: " + sightings_.reason();
  if (!sightings_.is_told())
    return "it does not tell who is connected: the broker is away, or has another folder than "
           "mqtt.plugin_folder";
  return {};
}

void PluginSide::say_what_is_left() const {
  if (keeper_.has_told_gone()) return;
  const std::string& trouble = keeper_.trouble();
  base::log::error("broker_access_untold",
                   {{"reason", trouble.empty() ? "it takes longer than the end may" : trouble}});
}

}  // namespace msggw::process
