using Orleans.Services;

namespace Sequin.Grains.Webhooks;

/// <summary>The part of every silo that keeps consumers with webhooks awake.</summary>
[Alias("sequin.push")]
internal interface IPushService : IGrainService;
